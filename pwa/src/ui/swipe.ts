import type { Attachment } from 'svelte/attachments';

const FAR_PX = 60;

/** Says −1 or 1 when a finger sweeps the element sideways. Always a shortcut: the same is on a button. */
export function swipe(move: (step: -1 | 1) => void): Attachment<HTMLElement> {
  return (element) => {
    let start: { x: number; y: number } | null = null;
    const pressed = (event: PointerEvent): void => {
      start = event.pointerType === 'touch' ? { x: event.clientX, y: event.clientY } : null;
    };
    const released = (event: PointerEvent): void => {
      if (!start) return;
      const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
      start = null;
      if (Math.abs(dx) > FAR_PX && Math.abs(dy) < Math.abs(dx) / 2) move(dx < 0 ? 1 : -1);
    };
    const stop = new AbortController();
    element.addEventListener('pointerdown', pressed, stop);
    element.addEventListener('pointerup', released, stop);
    element.addEventListener('pointercancel', () => (start = null), stop);
    return () => stop.abort();
  };
}
