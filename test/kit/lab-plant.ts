/** The plant of the segmentation labs, and what its own machine counts of what arrives there. */

export const MODBUS = 15_020;

/** @param gateway which is to reach it; none: the broker itself */
export function labPlant(gateway?: string): string {
  const by = gateway === undefined ? "" : `, gateways: [${gateway}]`;
  return `
site: { id: lab, name: Lab, time-zone: Europe/Berlin }
zones:
  - { id: cell, name: Cell, level: 1, sl-t: 2 }
assets:
  - id: plc
    name: PLC
    zone: cell
    endpoints:
      - { id: modbus, protocol: modbus, address: "10.20.0.5:${MODBUS}", units: [1]${by} }
profiles:
  - id: look
    rules:
      - { name: reading, permit: observe, functions: [3] }
grants:
  - { id: engineers-look, subject: "role:engineer", endpoint: plc/modbus, profile: look }
`;
}

/** For nftables: packets from the one machine to the granted endpoint, and everything else. */
export const PLANT_COUNTERS = `
table ip count {
  counter granted {}
  counter other {}
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "lo" accept
    ip saddr 10.20.0.1 ip daddr 10.20.0.5 tcp dport ${MODBUS} counter name granted accept
    counter name other
  }
}
`;
