/**
 * Certificates for tests of TLS, made by `openssl`.
 *
 * @module
 */

/** A certificate for `localhost` and `127.0.0.1`, and who has signed it. */
export interface Certificate {
  /** The authority, as PEM. */
  readonly ca: string;
  /** The certificate, as PEM. */
  readonly cert: string;
  /** Its key, as PEM. */
  readonly key: string;
}

/** Makes a certificate, and an authority for it. */
export async function makeCertificate(): Promise<Certificate> {
  const folder = await Deno.makeTempDir();
  const path = (name: string): string => `${folder}/${name}`;
  const curve = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
  ];
  try {
    await Deno.writeTextFile(
      path("extensions"),
      "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
    );
    await openssl(
      "req",
      "-x509",
      ...curve,
      "-days",
      "2",
      "-subj",
      "/CN=Tests",
      ...outputs(path, "ca"),
    );
    await openssl(
      "req",
      ...curve,
      "-subj",
      "/CN=localhost",
      "-keyout",
      path("leaf.key"),
      "-out",
      path("leaf.csr"),
    );
    await openssl(
      "x509",
      "-req",
      "-in",
      path("leaf.csr"),
      "-CA",
      path("ca.pem"),
      "-CAkey",
      path("ca.key"),
      "-CAcreateserial",
      "-days",
      "2",
      "-extfile",
      path("extensions"),
      "-out",
      path("leaf.pem"),
    );
    return {
      ca: await Deno.readTextFile(path("ca.pem")),
      cert: await Deno.readTextFile(path("leaf.pem")),
      key: await Deno.readTextFile(path("leaf.key")),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function outputs(path: (name: string) => string, name: string): string[] {
  return ["-keyout", path(`${name}.key`), "-out", path(`${name}.pem`)];
}

async function openssl(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args })
    .output();
  if (success) return;
  throw new Error(`openssl failed: ${new TextDecoder().decode(stderr)}`);
}
