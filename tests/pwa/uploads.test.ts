// Files on their way: kept on the phone, resumed after breaks, and never overtaken by what names them.
import { expect, test, vi } from 'vitest';
import type { Base, StoredFile } from '../../pwa/src/local/base';
import { append, takeBack } from '../../pwa/src/local/queue';
import { sendFiles } from '../../pwa/src/syncing/uploads';
import { commands, newPhone, NOW, openAgain } from './phone';
import { Town } from './town';

const PIECE = 4;
const json = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

/** The town's side of uploads; `breaks`: after how many pieces the line is lost. */
class Desk {
  held = new Map<string, number>();
  sizes = new Map<string, number>();
  pieces = 0;
  breaks = Infinity;
  refuses = '';

  fetch = async (path: string, init: RequestInit): Promise<Response> => {
    const id = path.split('/').at(-1) ?? '';
    if (init.method === 'PUT') this.sizes.set(id, (JSON.parse(init.body as string) as { size: number }).size);
    if (init.method === 'PATCH') {
      if (this.pieces >= this.breaks) throw new TypeError('the line is lost');
      this.pieces += 1;
      const offset = Number((init.headers as Record<string, string>)['upload-offset']);
      if (offset === (this.held.get(id) ?? 0)) this.held.set(id, offset + (init.body as ArrayBuffer).byteLength);
    }
    const offset = this.held.get(id) ?? 0;
    const whole = offset === this.sizes.get(id);
    return json(200, { id, offset, state: whole ? (this.refuses ? 'refused' : 'stored') : 'coming', sentence: this.refuses });
  };
}

function phoneWith(desk: Desk): Base {
  const base = newPhone(new Town());
  vi.stubGlobal('fetch', desk.fetch);
  return base;
}

async function choose(base: Base, id: string, size = 10): Promise<string> {
  const file: StoredFile = { id, name: 'photo.jpg', type: 'image/jpeg', size, sha256: 'a'.repeat(64), sent: 0, state: 'queued', sentence: '', addedAt: NOW };
  await base.write(async (tables) => {
    await tables.files.put(file);
    for (let at = 0; at < size; at += PIECE) await tables.parts.put({ file: id, at, bytes: new ArrayBuffer(Math.min(PIECE, size - at)) });
  });
  return id;
}

let moment = NOW;

async function write(base: Base, thread: string, files: string[] = []): Promise<string> {
  const args = { thread, message: `m_${thread}_${files.length}`, body: 'Bonjour', ...(files.length ? { files } : {}) };
  const [op] = await append(base, [{ kind: 'message.send@1', args, files }], ++moment);
  return op?.id ?? '';
}

const numbers = async (base: Base): Promise<number[]> => (await commands(base)).map((one) => one.n);

test('a broken upload goes on where it stopped, also after the app was closed', async () => {
  const desk = new Desk();
  const base = phoneWith(desk);
  await choose(base, 'f_1');
  desk.breaks = 1;
  expect(await sendFiles(base)).toEqual({ left: 1, released: 0 });
  base.close();
  desk.breaks = Infinity;
  const again = openAgain();
  expect(await sendFiles(again)).toEqual({ left: 0, released: 0 });
  expect(desk.pieces).toBe(3);
  expect(await again.read((tables) => tables.parts.count())).toBe(0);
});

test('a message waits for its photo, and nothing else does', async () => {
  const desk = new Desk();
  const base = phoneWith(desk);
  await write(base, 't_with', [await choose(base, 'f_1')]);
  await write(base, 't_other');
  expect(await numbers(base)).toEqual([1, 0]);
  expect((await commands(base)).map((one) => one.phase)).toEqual(['queued', 'queued']);
  expect((await sendFiles(base)).released).toBe(1);
  expect(await numbers(base)).toEqual([1, 2]);
});

test('an answer never overtakes the message that begins its thread', async () => {
  const desk = new Desk();
  const base = phoneWith(desk);
  await write(base, 't_1', [await choose(base, 'f_1')]);
  await write(base, 't_1');
  expect(await numbers(base)).toEqual([0, 0]);
  expect((await sendFiles(base)).released).toBe(2);
  expect((await commands(base)).map((one) => [one.n, (one.args.files as string[] | undefined)?.length])).toEqual([[1, 1], [2, undefined]]);
});

test('a file that the town refuses says why, and its message is kept until the parent takes it back', async () => {
  const desk = new Desk();
  const base = phoneWith(desk);
  desk.refuses = 'Ce fichier est abîmé.';
  const command = await write(base, 't_1', [await choose(base, 'f_1')]);
  expect(await sendFiles(base)).toEqual({ left: 0, released: 0 });
  const [file] = await base.read((tables) => tables.files.all());
  expect([file?.state, file?.sentence]).toEqual(['refused', desk.refuses]);
  expect(await takeBack(base, command)).toBe(true);
  expect(await base.read((tables) => tables.files.count())).toBe(0);
});
