import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Forbids imports of the given module patterns, and says why. */
const forbid = (...groups) => ({
  'no-restricted-imports': ['error', { patterns: groups }],
});

const noEntryPoints = {
  regex: '(^|/)(cli/main|editor/extension|webview/main)(\\.ts)?$',
  message: 'Nobody imports an entry point.',
};
const noEditor = { regex: '^vscode$', message: 'Only extension/editor/ imports vscode.' };
const noIo = {
  regex:
    '^(node:(?!assert)|fs$|net$|child_process$|os$|path$)|/(hosts|capture/session|cli|editor|diagnosis|export)/',
  message: 'analysis/ is pure: a saved capture goes in, verdicts come out.',
};

export default tseslint.config(
  { ignores: ['build/', 'dist/', 'artifacts/', 'node_modules/', '**/*.mjs', '**/node_modules/'] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'stdout',
          message: 'Only extension/cli/ writes to the terminal.',
        },
        {
          object: 'process',
          property: 'stderr',
          message: 'Only extension/cli/ writes to the terminal.',
        },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      ...forbid(noEditor, noEntryPoints),
    },
  },
  {
    files: ['protocol/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: forbid({
      regex: '^\\.\\./(?!protocol/)',
      message: 'protocol/ imports nothing of ours.',
    }),
  },
  {
    files: ['extension/analysis/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: forbid(noEditor, noEntryPoints, noIo),
  },
  {
    files: ['webview/**/*.ts'],
    rules: forbid(noEditor, {
      regex: '/(extension|agent)/|protocol/(?!view|quantities)',
      message: 'webview/ sees only protocol/view.ts, and how quantities are written.',
    }),
  },
  {
    files: ['extension/editor/**/*.ts'],
    rules: forbid(noEntryPoints, {
      regex: '/cli/',
      message: 'The front doors know nothing of each other.',
    }),
  },
  {
    files: ['extension/cli/**/*.ts'],
    rules: forbid(noEditor, noEntryPoints, {
      regex: '/editor/',
      message: 'The front doors know nothing of each other.',
    }),
  },
  {
    files: ['extension/cli/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    // node:test returns promises that its runner owns.
    files: ['**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              package: 'node:test',
              name: ['test', 'it', 'describe', 'suite', 'before', 'after'],
            },
          ],
        },
      ],
    },
  },
);
