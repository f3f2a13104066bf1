import { defineConfig } from 'vitest/config';

const mock = process.env['MILLRACE_SERVER'] ?? 'http://127.0.0.1:8800';

export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: { target: 'es2021', chunkSizeWarningLimit: 700 },
  server: { fs: { allow: ['..'] }, proxy: { '/api': mock, '/ws': { target: mock, ws: true } } },
  test: { include: ['test/**/*.test.ts'] },
});
