/** Words about sessions of native tools. */

export const nativeText = {
  title: "A tool asks for a session",
  failed: "This cannot be shown",
  gone: "Nothing waits here any more",
  goneBody:
    "The tool went away, was answered, or waited too long. Start it again to get a new address.",
  wants: "wants to open",
  from: "Connects from",
  asset: "Endpoint",
  tool: "Says that it is",
  key: "Holds",
  yourKey: (name: string) => `your key "${name}"`,
  asked: "Asked",
  left: (time: string) => `${time} left`,
  mayNot: (target: string) => `You may open nothing called "${target}" now`,
  mayNotBody: "Check the name that you gave the tool, or ask for access first.",
  rights: "With which rights?",
  pick: "Which number does your tool show?",
  pickBody: "Choosing it opens the session with your passkey. If you started no tool, refuse.",
  choose: (number: number) => `${number}`,
  refuse: "I started nothing: refuse",
  refused: "Refused",
  refusedBody:
    "If you started no tool, tell an administrator: somebody used your name of an asset.",
  notOpened: "The session was not opened",
  altered: "What the broker asked to sign is not what this page shows. Nothing was signed.",
  opened: "It is open in your tool",
  openedBody: "You can close this page. The session ends with the tool, or here:",
  toSession: "Show the session",
  native: "With your own SSH client",
  command: (asset: string, host: string, port: number) =>
    port === 22 ? `ssh ${asset}@${host}` : `ssh ${asset}@${host} -p ${port}`,
  connect: "With a tool on your machine",
  connectCommand: (endpoint: string) => `npx sallyport connect ${endpoint}`,
  connectSession: (session: string) => `npx sallyport connect ${session} --session`,
  connectFirst: (origin: string) =>
    `first, where nobody is signed in: npx sallyport login ${origin}`,
  commandName: "command",
  fingerprint: "The broker's host key",
  knownHosts: "Line for known_hosts",
  knownHostsLine: (host: string, port: number, key: string) =>
    `${port === 22 ? host : `[${host}]:${port}`} ${key}`,
} as const;
