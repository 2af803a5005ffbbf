// graphql-yoga over a plain object: our schema, and the answer that it is to give. Arguments: schema.graphql, answer.json.
// Prints the port that it listens on.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";

const [schemaFile, answerFile] = process.argv.slice(2);
const { devices } = JSON.parse(readFileSync(answerFile, "utf8"));
const resolvers = { Query: { devices: (_, { first }) => ({ ...devices, nodes: devices.nodes.slice(0, first) }) } };
const schema = createSchema({ typeDefs: readFileSync(schemaFile, "utf8"), resolvers });
const server = createServer(createYoga({ schema, logging: false, graphiql: false, landingPage: false }));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
