import { graphql } from './generated/gql';

export const Projections = graphql(`
  query Projections {
    projections {
      name
    }
  }
`);
export const Follow = graphql(`
  subscription Follow {
    readings {
      __typename
      ... on ReadingProgress {
        cursor
      }
    }
  }
`);
