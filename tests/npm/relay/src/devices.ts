/** A list that is walked both ways, and a device that is fetched anew by itself. */
import { graphql } from "relay-runtime";

export const page = graphql`
  query devicesQuery($first: Int, $after: String, $last: Int, $before: String) {
    ...devices_list @arguments(first: $first, after: $after, last: $last, before: $before)
  }
`;

export const list = graphql`
  fragment devices_list on Query
  @refetchable(queryName: "devicesPageQuery")
  @argumentDefinitions(
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  ) {
    devices(first: $first, after: $after, last: $last, before: $before) @connection(key: "devices_devices") {
      edges {
        node {
          ...devices_device
        }
      }
    }
  }
`;

export const device = graphql`
  fragment devices_device on Device @refetchable(queryName: "devicesDeviceQuery") {
    id
    name
    latest {
      metric
      value
    }
  }
`;
