/**
 * `sallyport plant firewall --kubernetes`: NetworkPolicies for the pods of `deploy/kubernetes`, made
 * from the plant file. Nothing of the namespace reaches or is reached but what is said: people in
 * to the broker's doors, gateways to the broker, each out to its endpoints.
 */
import { isIPv6 } from "node:net";
import { stringify } from "yaml";
import type { Config } from "../config.ts";
import type { Plant } from "../plant/model.ts";
import {
  doors,
  type FirewallAsked,
  FirewallRefused,
  plantRoads,
  type Resolve,
  type Road,
} from "./plant-firewall.ts";

/** As the manifests name them. */
export const LABELS = {
  broker: { "app.kubernetes.io/name": "sallyport", "app.kubernetes.io/component": "broker" },
  gateway: { "app.kubernetes.io/name": "sallyport", "app.kubernetes.io/component": "gateway" },
} as const;

/** By its address where it is one; names of services are asked of the cluster's own server. */
const NAMES = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
  ],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/** @throws FirewallRefused */
export async function networkPolicies(
  config: Config,
  plant: Plant,
  asked: Omit<FirewallAsked, "user">,
  resolve?: Resolve,
): Promise<string> {
  if (asked.adminFrom.length > 0) throw new FirewallRefused("--admin-from: pods have no SSH");
  const roads = await plantRoads(plant, asked, resolve);
  const policies =
    asked.gateway === undefined
      ? [nothing(), ofBroker(config, asked.from, roads)]
      : [ofGateway(config, asked.gateway, roads)];
  const made = `# Made by \`sallyport plant firewall --kubernetes\` from the plant file of ${plant.site.id} (${plant.digest.slice(0, 16)}).\n# Make it again whenever the plant file or a door changes.\n`;
  return made + policies.map((each) => `---\n${stringify(each)}`).join("");
}

/** For every pod of the namespace, so that one without a policy of its own reaches nothing. */
function nothing() {
  return policy("sallyport-nothing", {
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
  });
}

function ofBroker(config: Config, from: readonly string[], roads: readonly Road[]) {
  const { gatewayPort, peerAddress } = config;
  // Each pod is the other's.
  const peers = peerAddress
    ? { peers: [{ podSelector: { matchLabels: LABELS.broker } }], ports: [tcp(peerAddress.port)] }
    : undefined;
  const people = {
    ...(from.length > 0 && { from: from.map((cidr) => ({ ipBlock: { cidr: network(cidr) } })) }),
    ports: doors(config).map(tcp),
  };
  const gateways = gatewayPort
    ? [{ from: [{ podSelector: { matchLabels: LABELS.gateway } }], ports: [tcp(gatewayPort)] }]
    : [];
  return policy("sallyport-broker", {
    podSelector: { matchLabels: LABELS.broker },
    policyTypes: ["Ingress", "Egress"],
    ingress: [people, ...gateways, ...(peers ? [{ from: peers.peers, ports: peers.ports }] : [])],
    egress: [
      NAMES,
      ...(peers ? [{ to: peers.peers, ports: peers.ports }] : []),
      ...roads.map(egressTo),
    ],
  });
}

function ofGateway({ gatewayPort }: Config, gateway: string, roads: readonly Road[]) {
  if (!gatewayPort) {
    throw new FirewallRefused("SALLYPORT_GATEWAY_PORT is off: no gateway is let in");
  }
  const control = {
    to: [{ podSelector: { matchLabels: LABELS.broker } }],
    ports: [tcp(gatewayPort)],
  };
  return policy(`sallyport-gateway-${gateway}`, {
    podSelector: { matchLabels: { ...LABELS.gateway, "sallyport/gateway": gateway } },
    policyTypes: ["Ingress", "Egress"],
    egress: [NAMES, control, ...roads.map(egressTo)],
  });
}

function egressTo({ address, port, protocol }: Road) {
  return {
    to: [{ ipBlock: { cidr: network(address) } }],
    ports: [{ protocol: protocol.toUpperCase(), port }],
  };
}

const tcp = (port: number) => ({ protocol: "TCP", port });

function network(text: string): string {
  if (text.includes("/")) return text;
  return `${text}/${isIPv6(text) ? 128 : 32}`;
}

function policy(name: string, spec: object) {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name },
    spec,
  };
}
