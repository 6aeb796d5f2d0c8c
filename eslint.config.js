import tseslint from 'typescript-eslint';

/** Folders of src that compute only: they see no disk, no clock, no randomness. */
const PURE = ['domain', 'resolve', 'plan', 'checks', 'render', 'verify'];

/** What each folder may import besides itself (DESIGN.md, "Imports run one way"). */
const MAY_IMPORT = {
  domain: [],
  store: ['domain'],
  resolve: ['domain'],
  plan: ['domain'],
  checks: ['domain'],
  render: ['domain'],
  verify: ['domain'],
  apply: ['domain', 'store', 'resolve', 'plan', 'checks', 'render', 'verify'],
  daemon: ['domain', 'store', 'resolve', 'plan', 'checks', 'render', 'verify'],
  api: ['domain', 'store', 'resolve', 'plan', 'checks', 'render', 'verify', 'apply', 'daemon'],
};
const FOLDERS = [...Object.keys(MAY_IMPORT), 'cli'];

function wall(folder) {
  const allowed = MAY_IMPORT[folder];
  const forbidden = FOLDERS.filter((other) => other !== folder && !allowed.includes(other));
  return {
    files: [`src/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: forbidden.map((other) => `**/${other}/*`),
              message: `${folder}/ may not import this folder.`,
            },
            ...(PURE.includes(folder)
              ? [{ group: ['node:*', 'fs-extra'], message: `${folder}/ is pure.` }]
              : []),
          ],
        },
      ],
      ...(PURE.includes(folder)
        ? {
            'no-restricted-properties': [
              'error',
              { object: 'Date', property: 'now', message: `${folder}/ has no clock.` },
              { object: 'Math', property: 'random', message: `${folder}/ has no randomness.` },
            ],
            'no-restricted-globals': ['error', 'process', 'Buffer'],
          }
        : {}),
    },
  };
}

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'no-shadow': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  { files: ['src/**/*.ts'], ignores: ['src/cli/**'], rules: { 'no-console': 'error' } },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        {
          selector: "CallExpression[callee.object.name='process'][callee.property.name='exit']",
          message: 'Set process.exitCode.',
        },
      ],
    },
  },
  {
    // mocha's and chai's style: floating expressions and test closures.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  ...Object.keys(MAY_IMPORT).map(wall),
);
