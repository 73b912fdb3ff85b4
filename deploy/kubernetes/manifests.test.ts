/**
 * The manifests, as far as they can be looked at without a cluster: what they refer to is there,
 * nothing runs with more than it needs, the settings are the broker's, and the policies are those
 * that the command makes of the plant file beside them.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import { LABELS, networkPolicies } from "../../broker/cli/network-policies.ts";
import { readConfig } from "../../broker/config.ts";
import { parsePlant } from "../../broker/plant/parse-plant.ts";

const HERE = import.meta.dirname;
const GATEWAY = path.join(HERE, "gateway");

const NAME = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
const TEXTS = z.record(z.string(), z.string());
const SECRET_KEY = z.strictObject({
  name: NAME,
  key: z.string(),
  optional: z.boolean().optional(),
});
const ENV = z.array(
  z.union([
    z.strictObject({ name: z.string(), value: z.string() }),
    z.strictObject({ name: z.string(), valueFrom: z.strictObject({ secretKeyRef: SECRET_KEY }) }),
  ]),
);
const PROBE = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.string(), scheme: z.literal("HTTPS") }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number().optional(),
  failureThreshold: z.number(),
});
const AMOUNTS = z.strictObject({ cpu: z.string().optional(), memory: z.string() });
/** No other value is right, so that a looser one is no manifest here. */
const LOCKED = z.strictObject({
  allowPrivilegeEscalation: z.literal(false),
  readOnlyRootFilesystem: z.literal(true),
  capabilities: z.strictObject({ drop: z.tuple([z.literal("ALL")]) }),
});
const CONTAINER = z.strictObject({
  name: NAME,
  image: z.literal("sallyport"),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()),
  env: ENV,
  ports: z.array(z.strictObject({ name: NAME, containerPort: z.number() })).optional(),
  startupProbe: PROBE.optional(),
  livenessProbe: PROBE.optional(),
  readinessProbe: PROBE.optional(),
  resources: z.strictObject({ requests: AMOUNTS, limits: AMOUNTS }),
  securityContext: LOCKED,
  volumeMounts: z.array(
    z.strictObject({ name: NAME, mountPath: z.string(), readOnly: z.literal(true).optional() }),
  ),
});
const VOLUME = z.union([
  z.strictObject({ name: NAME, persistentVolumeClaim: z.strictObject({ claimName: NAME }) }),
  z.strictObject({ name: NAME, configMap: z.strictObject({ name: NAME }) }),
  z.strictObject({
    name: NAME,
    secret: z.strictObject({
      secretName: NAME,
      items: z.array(z.strictObject({ key: z.string(), path: z.string() })),
    }),
  }),
  z.strictObject({ name: NAME, emptyDir: z.strictObject({ sizeLimit: z.string() }) }),
]);
const POD = z.strictObject({
  enableServiceLinks: z.literal(false),
  automountServiceAccountToken: z.literal(false),
  shareProcessNamespace: z.literal(true).optional(),
  terminationGracePeriodSeconds: z.number(),
  affinity: z.unknown().optional(),
  nodeSelector: TEXTS.optional(),
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.literal(10_001),
    runAsGroup: z.literal(10_001),
    fsGroup: z.literal(10_001),
    fsGroupChangePolicy: z.literal("OnRootMismatch"),
    seccompProfile: z.strictObject({ type: z.literal("RuntimeDefault") }),
  }),
  initContainers: z.array(CONTAINER).optional(),
  containers: z.array(CONTAINER),
  volumes: z.array(VOLUME),
});
const DEPLOYMENT = z.strictObject({
  apiVersion: z.literal("apps/v1"),
  kind: z.literal("Deployment"),
  metadata: z.strictObject({ name: NAME, labels: TEXTS }),
  spec: z.strictObject({
    replicas: z.number(),
    strategy: z.strictObject({ type: z.literal("Recreate") }),
    selector: z.strictObject({ matchLabels: TEXTS }),
    template: z.strictObject({ metadata: z.strictObject({ labels: TEXTS }), spec: POD }),
  }),
});
const KUSTOMIZATION = z.object({
  resources: z.array(z.string()),
  configMapGenerator: z
    .array(z.strictObject({ name: NAME, files: z.array(z.string()) }))
    .default([]),
});
const ANY = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: NAME }),
  spec: z.unknown(),
});

const text = (file: string) => readFileSync(path.join(HERE, file), "utf8");

const documents = (file: string) =>
  parseAllDocuments(text(file)).map((each) => {
    expect(each.errors).toEqual([]);
    return ANY.parse(each.toJS());
  });

const of = (kind: string, file: string) => documents(file).filter((each) => each.kind === kind);

const brokerPod = () => DEPLOYMENT.parse(of("Deployment", "broker.yaml")[0]);
const gatewayPod = () => DEPLOYMENT.parse(of("Deployment", "gateway/gateway.yaml")[0]);

/** What a container is told, without what comes from secrets. */
function told(container: z.output<typeof CONTAINER> | undefined): Record<string, string> {
  return Object.fromEntries(
    (container?.env ?? []).flatMap((each) => ("value" in each ? [[each.name, each.value]] : [])),
  );
}

test.each([HERE, GATEWAY])("%s: every file is named, and every named file is there", (folder) => {
  const named = KUSTOMIZATION.parse(
    parse(readFileSync(path.join(folder, "kustomization.yaml"), "utf8")),
  );
  const there = readdirSync(folder).filter(
    (file) => file.endsWith(".yaml") && file !== "kustomization.yaml",
  );
  expect(named.resources.toSorted()).toEqual(there.toSorted());
  for (const { files } of named.configMapGenerator) {
    for (const file of files) readFileSync(path.join(folder, file.split("=")[1] ?? ""));
  }
});

test("nothing runs as root, writes to its image, keeps a capability or knows the cluster", () => {
  expect(brokerPod().spec.template.spec.shareProcessNamespace).toBe(true);
  expect(gatewayPod().spec.template.spec.containers).toHaveLength(1);
});

test("what is mounted exists, and what exists is mounted", () => {
  for (const { spec } of [brokerPod(), gatewayPod()]) {
    const pod = spec.template.spec;
    const volumes = pod.volumes.map(({ name }) => name).toSorted();
    for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
      for (const { name } of container.volumeMounts) expect(volumes).toContain(name);
    }
    expect(pod.containers[0]?.volumeMounts.map(({ name }) => name).toSorted()).toEqual(volumes);
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  }
  const claims = (file: string) =>
    of("PersistentVolumeClaim", file).map((each) => each.metadata.name);
  expect(claims("data.yaml")).toEqual(["sallyport-data"]);
  expect(claims("gateway/gateway.yaml")).toEqual(["sallyport-gateway-dmz-a"]);
});

test("two brokers are told the same, and it is a configuration of a standby", () => {
  const deployment = brokerPod();
  expect(deployment.spec.replicas).toBe(2);
  const [broker] = deployment.spec.template.spec.containers;
  const config = readConfig({ ...told(broker), SALLYPORT_DATABASE: "postgres://s:p@10.1.0.9/s" });
  expect(config.standby).toBe(true);
  expect(config.dataFolder).toBe("/data/site");
  const ports = Object.fromEntries(
    broker?.ports?.map(({ name, containerPort }) => [name, containerPort]) ?? [],
  );
  const { port: console, panelPort: panels, sshPort: ssh, gatewayPort: gateways } = config;
  expect(ports).toEqual({ console, panels, ssh, gateways });
  expect(readConfig(told(gatewayPod().spec.template.spec.containers[0])).dataFolder).toBe(
    "/data/gateway",
  );
});

test("who waits is alive and is not led to; only the active one is ready", () => {
  const [broker] = brokerPod().spec.template.spec.containers;
  expect(broker?.livenessProbe?.httpGet.path).toBe("/healthz");
  expect(broker?.startupProbe?.httpGet.path).toBe("/healthz");
  expect(broker?.readinessProbe?.httpGet.path).toBe("/readyz");
  const budget = of("PodDisruptionBudget", "disruption.yaml")[0]?.spec;
  expect(budget).toEqual({
    minAvailable: 1,
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector: { matchLabels: LABELS.broker },
  });
});

test("services lead to ports of the broker's pods alone", () => {
  const { template } = brokerPod().spec;
  const ports = template.spec.containers[0]?.ports?.map(({ name }) => name);
  const services = of("Service", "services.yaml");
  expect(services.map(({ metadata }) => metadata.name)).toEqual(["sallyport", "sallyport-control"]);
  const shape = z.object({
    selector: TEXTS,
    ports: z.array(z.object({ name: z.string(), targetPort: z.string() })),
  });
  for (const service of services) {
    const { selector, ports: led } = shape.parse(service.spec);
    expect(template.metadata.labels).toEqual(selector);
    for (const { targetPort } of led) expect(ports).toContain(targetPort);
  }
});

test("the policies are those of the plant file beside them, for these pods", async () => {
  const parsed = parsePlant(text("site/plant.yaml"), "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  const config = readConfig({
    ...told(brokerPod().spec.template.spec.containers[0]),
    SALLYPORT_STANDBY: "0",
  });
  const asked = { adminFrom: [], from: ["10.1.0.0/16"], to: ["10.1.0.9:5432/tcp"] };
  expect(text("network.yaml")).toBe(await networkPolicies(config, parsed.plant, asked));
  const gateway = { adminFrom: [], from: [], to: [], gateway: "dmz-a" };
  expect(text("gateway/network.yaml")).toBe(await networkPolicies(config, parsed.plant, gateway));
  expect(brokerPod().spec.template.metadata.labels).toEqual(LABELS.broker);
  expect(gatewayPod().spec.template.metadata.labels).toEqual({
    ...LABELS.gateway,
    "sallyport/gateway": "dmz-a",
  });
  expect(text("gateway/network.yaml")).not.toContain("ingress:");
});
