// GraphiQL for this house: with the page's session, or with a key from its header editor, also over the websocket.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import 'graphiql/style.css';
import './main.css';
import { createClient } from 'graphql-ws';
import { createRoot } from 'react-dom/client';

const WORKERS = { json: 'json.worker.js', graphql: 'graphql.worker.js' };
globalThis.MonacoEnvironment = {
  getWorker: (_, label) => new Worker(new URL(`graphiql/${WORKERS[label] ?? 'editor.worker.js'}`, location.href)),
};

const url = new URL('graphql', location.href).href;

function fetcher(params, options) {
  const key = Object.entries(options?.headers ?? {}).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  const wsClient = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: key ? { authorization: key } : {},
    lazy: true,
  });
  return createGraphiQLFetcher({ url, wsClient })(params, options);
}

const FIRST = `# Whoever is logged in at the page is logged in here too. Others write this below, under Headers:
# {"Authorization": "Bearer gh_..."}

query Devices {
  devices(first: 10) {
    nodes { id latest { sensorId metric value unit } }
  }
}
`;

// Keys are kept nowhere: the history would keep them.
const explorer = <GraphiQL fetcher={fetcher} defaultQuery={FIRST} plugins={[]} showPersistHeadersSettings={false} />;
createRoot(document.getElementById('graphiql')).render(explorer);
