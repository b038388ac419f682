/** The jobs of the thumbnail service: what its workers run, in threads. */
// deno-lint-ignore-file no-console
import { readFile, rename, writeFile } from "node:fs/promises";
import { blank, readBitmap, shrinkRow, writeBitmap } from "./bitmap.ts";

/**
 * Makes a thumbnail of a picture, and yields how much of it is done, in percent.
 *
 * A job may run twice, if its worker is lost. So it leaves the picture where it is, and what
 * it writes is there as a whole or not at all.
 */
export async function* thumbnail(
  path: string,
  width: number,
): AsyncGenerator<number, string> {
  const target = `${path}-${width}.bmp`;
  let isDone = false;
  try {
    const image = readBitmap(await readFile(path));
    const height = Math.max(1, Math.round(image.height * width / image.width));
    const small = blank(width, height);
    for (let y = 0, said = 0; y < height; y++) {
      shrinkRow(image, small, y);
      const percent = Math.floor(100 * (y + 1) / height);
      if (percent > said) yield said = percent;
    }
    await writeFile(`${target}.part`, writeBitmap(small));
    await rename(`${target}.part`, target);
    isDone = true;
    return target;
  } finally {
    // A cancel comes by here, too.
    console.log(isDone ? `made ${target}` : `gave up ${target}`);
  }
}
