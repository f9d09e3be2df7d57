// Pictures are made smaller on the phone, before they are kept and sent: a photo of twelve million pixels costs a parent's data
// and a minute of patience, and shows no more on a screen. Drawn anew, they also lose where they were taken before they leave.
const MOST_SIDE = 2560;
const WORTH_IT = 400 * 1024;
const DRAWN = ['image/jpeg', 'image/heic', 'image/heif'];

/** The file as it will be sent. What this browser cannot draw, or what is small anyway, stays as it is: the town takes care of it. */
export async function smaller(chosen: File): Promise<{ name: string; type: string; content: ArrayBuffer }> {
  const asItIs = async () => ({ name: chosen.name || 'document', type: chosen.type, content: await chosen.arrayBuffer() });
  if (!DRAWN.includes(chosen.type) || (chosen.type === 'image/jpeg' && chosen.size < WORTH_IT)) return await asItIs();
  try {
    const drawn = await draw(chosen);
    if (!drawn || drawn.size >= chosen.size) return await asItIs();
    return { name: chosen.name.replace(/\.\w+$/, '') + '.jpg', type: 'image/jpeg', content: await drawn.arrayBuffer() };
  } catch {
    return await asItIs();
  }
}

async function draw(chosen: File): Promise<Blob | null> {
  const picture = await createImageBitmap(chosen);
  const scale = Math.min(1, MOST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.85));
}
