import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: process.env.GLASSHOUSE_SCHEMA ?? '../../../schema.graphql',
  documents: 'src/*.graphql',
  generates: {
    'src/operations.ts': {
      plugins: ['typescript', 'typescript-operations', 'typed-document-node'],
      config: {
        strictScalars: true,
        enumsAsTypes: true,
        useTypeImports: true,
        avoidOptionals: false,
        scalars: {
          BigInt: 'number',
          Cursor: 'string',
          Date: 'string',
          DateTime: 'string',
          Duration: 'string',
          StateValue: 'string | number | boolean',
        },
      },
    },
  },
};

export default config;
