/** Pictures as browsers show them without a library: BMP of 24 bits. */

/** A picture: its pixels are rows of blue, green and red. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

const HEADER = 54;

/** Makes a picture that is black. */
export function blank(width: number, height: number): Bitmap {
  return { width, height, pixels: new Uint8Array(3 * width * height) };
}

/** Reads a BMP of 24 bits. */
export function readBitmap(bytes: Uint8Array): Bitmap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isBitmap = bytes.length > HEADER && view.getUint16(0) === 0x424d &&
    view.getUint16(28, true) === 24;
  if (!isBitmap) throw new TypeError("A BMP of 24 bits was expected");
  const start = view.getUint32(10, true);
  const image = blank(view.getInt32(18, true), view.getInt32(22, true));
  const { width, height, pixels } = image;
  for (let y = 0; y < height; y++) {
    const row = start + y * paddedLength(width);
    pixels.set(bytes.subarray(row, row + 3 * width), 3 * y * width);
  }
  return image;
}

/** Writes a BMP of 24 bits. */
export function writeBitmap({ width, height, pixels }: Bitmap): Uint8Array {
  const length = HEADER + height * paddedLength(width);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x424d);
  view.setUint32(2, length, true);
  view.setUint32(10, HEADER, true);
  view.setUint32(14, HEADER - 14, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < height; y++) {
    const row = pixels.subarray(3 * y * width, 3 * (y + 1) * width);
    bytes.set(row, HEADER + y * paddedLength(width));
  }
  return bytes;
}

/** Makes one row of a smaller picture: each pixel is the mean of those it stands for. */
export function shrinkRow(from: Bitmap, to: Bitmap, y: number): void {
  const top = Math.floor(y * from.height / to.height);
  const bottom = Math.max(
    top + 1,
    Math.floor((y + 1) * from.height / to.height),
  );
  for (let x = 0; x < to.width; x++) {
    const left = Math.floor(x * from.width / to.width);
    const right = Math.max(
      left + 1,
      Math.floor((x + 1) * from.width / to.width),
    );
    for (let color = 0; color < 3; color++) {
      let sum = 0;
      for (let v = top; v < bottom; v++) {
        for (let u = left; u < right; u++) {
          sum += from.pixels[3 * (v * from.width + u) + color]!;
        }
      }
      to.pixels[3 * (y * to.width + x) + color] = sum /
        ((bottom - top) * (right - left));
    }
  }
}

// Rows begin at multiples of four bytes.
function paddedLength(width: number): number {
  return 4 * Math.ceil(3 * width / 4);
}
