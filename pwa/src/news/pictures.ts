/** Pictures of news stay on the device once they were shown, so that news are whole without a network. */
const SHELF = 'news-pictures';
const MOST = 60;

/** For the element that holds a piece of news: shows its pictures from the device where they are kept, keeps those that are not. */
export function keepPictures(node: HTMLElement): void {
  if ('caches' in globalThis) for (const picture of node.querySelectorAll('img')) void kept(picture);
}

async function kept(picture: HTMLImageElement): Promise<void> {
  const address = picture.src;
  try {
    const shelf = await caches.open(SHELF);
    const found = await shelf.match(address);
    if (found) {
      const shown = URL.createObjectURL(await found.blob());
      picture.addEventListener('load', () => URL.revokeObjectURL(shown), { once: true });
      picture.src = shown;
      return;
    }
    const reply = await fetch(address);
    if (!reply.ok || !reply.headers.get('content-type')?.startsWith('image/')) return;
    await shelf.put(address, reply);
    const held = await shelf.keys();
    for (const old of held.slice(0, Math.max(0, held.length - MOST))) await shelf.delete(old);
  } catch {
    // Without a network, or without room: the words under the picture say what it shows.
  }
}
