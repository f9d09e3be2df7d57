// Writes beside each file of the build what goes over the wire: done once here, as well as can be, instead of at every start.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('./dist/', import.meta.url));
// Below this a header would weigh more than what is saved.
const WORTH_IT = 200;

for (const file of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = `${file.parentPath}/${file.name}`;
  if (!file.isFile() || !/\.(js|css|html|svg|json|txt)$/.test(file.name)) continue;
  const plain = readFileSync(path);
  if (plain.length <= WORTH_IT) {
    for (const ending of ['.br', '.gz']) rmSync(path + ending, { force: true });
    continue;
  }
  writeFileSync(`${path}.br`, brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }));
  writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
}
