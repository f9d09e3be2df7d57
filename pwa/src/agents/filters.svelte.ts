/** What an agent chose on a page, kept in the address: it survives a reload and can be sent to a colleague. */
import { keepInAddress, route } from '../router.svelte';

/** Choices by name, first read from the address; every change is written back. Made while a component is set up. */
export function filters<T extends Record<string, string>>(first: T): T {
  const said = new URLSearchParams(route.query);
  const kept = $state(Object.fromEntries(Object.entries(first).map(([name, value]) => [name, said.get(name) ?? value])) as T);
  $effect(() => keepInAddress({ ...kept }));
  return kept;
}
