// One file for the sign-in and one more for what follows it, instead of thirty small ones: each costs a set of headers, and
// small files compress badly. Which modules those are is not written down anywhere: a trial build says what the pages reach.
import { build, type InlineConfig, type Plugin, type Rolldown } from 'vite';

type Chunk = Rolldown.OutputChunk;

/** A file name for each module that everybody loads; what is not in it is left to the bundler. */
export async function firstLoad(config: InlineConfig, entry: RegExp, pages: RegExp): Promise<(id: string) => string | null> {
  const result = (await build({ ...config, configFile: false, logLevel: 'silent', build: { ...config.build, write: false, minify: false } })) as Rolldown.RolldownOutput;
  const chunks = new Map(result.output.filter((one): one is Chunk => one.type === 'chunk').map((one) => [one.fileName, one]));
  const names = new Map<string, string>();
  for (const [name, wanted] of [['app', entry], ['inside', pages]] as const) {
    for (const chunk of chunks.values()) {
      if (!chunk.moduleIds.some((id) => wanted.test(id))) continue;
      for (const id of reached(chunk, chunks)) if (!names.has(id)) names.set(id, name);
    }
  }
  // The bundler's own few lines are needed first of all.
  return (id) => names.get(id) ?? (id.includes('rolldown/runtime') ? 'app' : null);
}

/** The modules of a chunk and of all that must be there before it runs. */
function reached(chunk: Chunk, chunks: Map<string, Chunk>, seen = new Set<Chunk>()): string[] {
  if (seen.has(chunk)) return [];
  seen.add(chunk);
  return [...chunk.moduleIds, ...chunk.imports.flatMap((name) => (chunks.has(name) ? reached(chunks.get(name)!, chunks, seen) : []))];
}

/** The bundler keeps its few own lines in a file of their own: the first files carry them instead, and save everybody a trip. */
export function carryRuntime(names: string[]): Plugin {
  return {
    name: 'carry-runtime',
    generateBundle(_, bundle) {
      const runtime = Object.values(bundle).find((one) => one.type === 'chunk' && one.name === 'rolldown-runtime');
      if (runtime?.type !== 'chunk') return;
      const [, body, given] = /^([^]*?)export\{([^}]*)\};?\s*$/.exec(runtime.code) ?? [];
      if (body === undefined || given === undefined) this.error('the bundler writes its runtime in another way');
      const gives = given.split(',').map((pair) => pair.trim().split(' as ')).map(([inner, outer]) => `${outer ?? inner}:${inner}`);
      const carried = `=(()=>{${body}return{${gives.join()}}})();`;
      const line = new RegExp(`import\\{([^}]*)\\}from"\\./${runtime.fileName.split('/').pop()?.replaceAll('.', '\\.')}";`);
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk' || !names.includes(chunk.name) || !chunk.imports.includes(runtime.fileName)) continue;
        if (!line.test(chunk.code)) this.error(`${chunk.fileName} takes the runtime in another way`);
        chunk.code = chunk.code.replace(line, (_all, taken: string) => `const{${taken.replaceAll(' as ', ':')}}${carried}`);
        chunk.imports = chunk.imports.filter((name) => name !== runtime.fileName);
      }
    },
  };
}
