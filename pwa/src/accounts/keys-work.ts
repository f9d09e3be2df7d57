/** Passkeys are bound to a name: a browser refuses them at an address in digits, and on a page without HTTPS (but localhost). */
export const keysWork = (): boolean => isSecureContext && 'PublicKeyCredential' in window && !/^[\d.]+$|:/.test(location.hostname);
