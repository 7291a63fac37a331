import js from '@eslint/js'
import words from '@intlify/eslint-plugin-vue-i18n'
import vue from 'eslint-plugin-vue'
import a11y from 'eslint-plugin-vuejs-accessibility'
import ts from 'typescript-eslint'

export default ts.config(
  { ignores: ['**/dist/', '**/*.d.ts', '**/*.d.mts', 'mock/'] },
  js.configs.recommended,
  ts.configs.strict,
  ts.configs.stylistic,
  vue.configs['flat/recommended'],
  a11y.configs['flat/recommended'],
  {
    languageOptions: { parserOptions: { parser: ts.parser } },
    plugins: { '@intlify/vue-i18n': words },
    rules: {
      'no-undef': 'off', // TypeScript knows better
      eqeqeq: 'error',
      'no-restricted-imports': ['error', { patterns: [{ group: ['element-plus*', 'element-plus/**'], message: 'Take it from @muster/ui (ui/src/elements).' }] }],
      'no-restricted-properties': ['error', { property: 'innerHTML' }, { property: 'outerHTML' }],
      'vue/no-v-html': 'error',
      '@intlify/vue-i18n/no-raw-text': ['error', { ignorePattern: '^[-–—−+=·:/?!#.,()%✓✕↕↓↑0-9\\s]*$', ignoreText: ['Muster', 'muster-gateway pair', 'A4', 'F1', 'F2', 'F3', 'F9', 'F10', 'R', 'Ctrl+Enter', 'Enter', 'Esc'] }],
      '@typescript-eslint/no-non-null-assertion': 'off', // indices that were just counted; the compiler asks for each
      '@typescript-eslint/consistent-type-definitions': 'off',
      // A label names its control by `for` or holds it; one of the two is enough.
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
      // Regions that scroll and groups that take keys have to take the focus.
      'vuejs-accessibility/no-static-element-interactions': 'off',
      'vuejs-accessibility/interactive-supports-focus': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/html-self-closing': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/html-indent': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/require-default-prop': 'off',
      'vue/multi-word-component-names': 'off',
    },
    settings: { 'vue-i18n': { localeDir: '*/src/words/*.json', messageSyntaxVersion: '^11.0.0' } },
  },
  { files: ['ui/src/elements/**'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['**/tests/**'], rules: { '@typescript-eslint/no-empty-function': 'off', 'vue/one-component-per-file': 'off' } },
  { files: ['scripts/**', 'tests/**'], languageOptions: { globals: { console: false, process: false } } },
)
