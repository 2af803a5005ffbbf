import type { CodegenConfig } from '@graphql-codegen/cli';

const scalar = 'string';
const config: CodegenConfig = {
  schema: process.env.GLASSHOUSE_SCHEMA,
  documents: 'src/operations.ts',
  generates: {
    'src/generated/': {
      preset: 'client',
      presetConfig: { persistedDocuments: true },
      config: { strictScalars: true, scalars: { BigInt: 'number', Cursor: scalar, Date: scalar, DateTime: scalar, Duration: scalar, StateValue: scalar } },
    },
  },
};

export default config;
