/** Contrast as a browser paints it: axe-core passes over what is just being animated. */
import type { Locator } from 'playwright-core';

/** WCAG 2.2, 1.4.3, for text that is not large. */
const LEAST = 4.5;

/** An element, as far as it is looked at here. */
interface Seen {
  readonly parentElement: Seen | null;
  readonly textContent: string;
}

interface Here {
  getComputedStyle(of: Seen): { readonly color: string; readonly backgroundColor: string };
  readonly OffscreenCanvas: new (
    width: number,
    height: number,
  ) => {
    getContext(kind: '2d'): {
      fillStyle: string;
      fillRect(x: number, y: number, width: number, height: number): void;
      getImageData(x: number, y: number, w: number, h: number): { readonly data: Uint8Array };
    };
  };
}

/** The least contrast of some texts to what is behind each, and how many they are. */
export async function leastContrast(texts: Locator): Promise<{ count: number; ratio: number }> {
  const ratios = await texts.evaluateAll((elements) => {
    const here = globalThis as unknown as Here;
    const luminance = (data: Uint8Array) => {
      const [red, green, blue] = Array.from(data.slice(0, 3), (byte) => {
        const part = byte / 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    return (elements as unknown as Seen[]).map((element) => {
      // A pixel of paper, which takes on what lies one above the other, in any form of colour.
      const pixel = new here.OffscreenCanvas(1, 1).getContext('2d');
      const paint = (colour: string) => {
        pixel.fillStyle = colour;
        pixel.fillRect(0, 0, 1, 1);
        return luminance(pixel.getImageData(0, 0, 1, 1).data);
      };
      const layers: string[] = [];
      for (let at: Seen | null = element; at !== null; at = at.parentElement) {
        layers.unshift(here.getComputedStyle(at).backgroundColor);
      }
      let behind = paint('white');
      for (const layer of layers) behind = paint(layer);
      const text = paint(here.getComputedStyle(element).color);
      return (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05);
    });
  });
  return { count: ratios.length, ratio: Math.min(...ratios) };
}

/** Whether all of some texts, of which there are some, can be read. */
export function isReadable({ count, ratio }: { count: number; ratio: number }): boolean {
  return count > 0 && ratio >= LEAST;
}
