/** The line by which a machine joins: shown to an administrator, typed on the machine. */

export interface JoinLine {
  readonly host: string;
  readonly port: number;
  /** What control's certificate is for. */
  readonly serverName: string;
  /** SHA-256 (hex) of the site's authority: the machine knows by it whom it talks to. */
  readonly fingerprint: string;
  readonly token: string;
}

const LINE =
  /^([\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})\/([a-z0-9.-]+)\/([0-9a-f]{64})\/([\w-]{20,64})$/;

export function joinLine({ host, port, serverName, fingerprint, token }: JoinLine): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return `${shown}:${port}/${serverName}/${fingerprint}/${token}`;
}

export function parseJoinLine(text: string): JoinLine | undefined {
  const [, host, port, serverName, fingerprint, token] = LINE.exec(text.trim()) ?? [];
  if (!host || !port || !serverName || !fingerprint || !token) return undefined;
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port), serverName, fingerprint, token };
}
