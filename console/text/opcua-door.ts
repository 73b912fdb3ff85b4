/** Words about sessions of OPC UA tools. */

export const opcuaDoorText = {
  own: "With your own OPC UA client",
  get: "Open a session for it",
  getAs: (profile: string) => `Open one as ${profile}`,
  failed: "The session was not opened",
  how: "The session is open and waits for your client. Give it this address, user and password. The password lets one client in, once; it is not shown again.",
  address: (host: string, port: number, path: string) => `opc.tcp://${host}:${port}/${path}`,
  addressName: "Address",
  user: "User",
  ticket: "Password",
  certificate: "Broker's certificate (SHA-256)",
  left: (time: string) => `Your client can come in for ${time}.`,
  over: "The password is no longer good. If your client is in, its session goes on.",
  toSession: "Show the session",
  altered: "What the broker asked to sign is not what this page shows. Nothing was signed.",
} as const;
