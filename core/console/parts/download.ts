/** Gives the reader a file made in the page. */
export function download(name: string, content: Uint8Array | string, type?: string): void {
  const part = typeof content === 'string' ? content : new Uint8Array(content);
  const blob = new Blob([part], { type: type ?? 'application/octet-stream' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name === '/' ? 'root' : name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}
