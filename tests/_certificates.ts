/**
 * Certificates for tests of TLS, made by `openssl`, on every host.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";

/** A certificate for `localhost` and `127.0.0.1`, and who has signed it. */
export interface Certificate {
  /** The authority, as PEM. */
  readonly ca: string;
  /** The certificate, as PEM. */
  readonly cert: string;
  /** Its key, as PEM. */
  readonly key: string;
}

const NEW_KEY = [
  "-newkey",
  "ec",
  "-pkeyopt",
  "ec_paramgen_curve:P-256",
  "-nodes",
];
const EXTENSIONS =
  "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";

let shared: Certificate | undefined;

// Made when it is first asked for: that takes permissions.
function sharedCertificate(): Certificate {
  return shared ??= makeCertificate();
}

/** What the servers of a program say who they are with. */
export function serverTls(): { readonly cert: string; readonly key: string } {
  const { cert, key } = sharedCertificate();
  return { cert, key };
}

/** What the clients of such servers trust. */
export function clientTls(): { readonly ca: string } {
  const { ca } = sharedCertificate();
  return { ca };
}

/** Makes a certificate, and an authority for it. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(`${tmpdir()}/asyncio-`);
  const openssl = (command: string): void => {
    execFileSync("openssl", command.split(" "), {
      cwd: folder,
      stdio: "ignore",
    });
  };
  const read = (name: string): string =>
    readFileSync(`${folder}/${name}`, "utf8");
  const newKey = NEW_KEY.join(" ");
  try {
    writeFileSync(`${folder}/extensions`, EXTENSIONS);
    openssl(`req -x509 ${newKey} -subj /CN=Tests -keyout ca.key -out ca.pem`);
    openssl(`req ${newKey} -subj /CN=localhost -keyout key.pem -out request`);
    openssl(
      "x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -extfile extensions -out cert.pem",
    );
    return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
