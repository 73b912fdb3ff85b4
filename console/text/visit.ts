/** Words of visits: sessions on one asset that were opened together. */
const NAMES: Readonly<Record<string, string>> = {
  modbus: "Modbus",
  opcua: "OPC UA",
  ssh: "SSH",
  vnc: "Screen",
  web: "Web panel",
};

export const visitText = {
  label: "Visit",
  /** What speaks the protocol, as people call it. */
  protocol: (protocol: string) => NAMES[protocol] ?? protocol,
  ended: "ended",
  beside: "Open beside",
  openFailed: "It could not be opened beside",
  openAll: (count: number) => `Open all ${count} as one visit`,
  endTitle: "End this visit?",
  endBody: (others: number) =>
    `All ${others + 1} sessions of the visit end at once: their connections to the asset close, and their recordings are sealed. What waits to be sent is dropped.`,
  end: "End visit",
  all: (count: number) => `It is one of ${count} sessions of a visit: this goes for all of them.`,
  player: {
    label: "Recorded in the same visit",
    show: (name: string) => `Show ${name} beside`,
    shown: (name: string) => `Hide ${name}`,
    done: (name: string) => `Operations: ${name}`,
    goTo: "Play this one instead",
    notYet: (name: string) => `${name} had not been opened yet`,
    over: (name: string) => `${name} had ended`,
    failed: (name: string) => `${name} could not be loaded`,
  },
  /** In lists of recordings. */
  part: "Part of a visit",
} as const;
