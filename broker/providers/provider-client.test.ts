/** A provider whose metadata lead elsewhere: nothing but what the file names is ever reached. */
import { expect, onTestFinished, test } from "vitest";
import { HostileProvider } from "../../test/kit/hostile-provider.ts";
import { systemClock } from "../clock.ts";
import { IntegrationDialer, type IntegrationDialerOptions } from "../legs/integration-dialer.ts";
import type { Provider } from "./provider.ts";
import { originsOf, ProviderClient } from "./provider-client.ts";
import type { Flow } from "./provider-flows.ts";

const FLOW: Flow = {
  ...{
    provider: "one",
    browserId: "b",
    address: "192.0.2.1",
    nonce: "n",
    verifier: "v".repeat(43),
  },
  ...{ redirectUri: "https://sallyport.example/sign-in/through/one", linkFor: undefined },
};

async function hostile(): Promise<HostileProvider> {
  const provider = await HostileProvider.start();
  onTestFinished(() => provider.close());
  return provider;
}

function clientOf({ issuer }: HostileProvider, more: Partial<IntegrationDialerOptions> = {}) {
  const provider: Provider = {
    ...{ id: "one", name: "Provider one", issuer, hosts: [], clientId: "sallyport" },
    ...{ algorithms: ["ES256"], scim: false },
  };
  const options = { destinations: originsOf(provider), plant: () => [], ...more };
  return new ProviderClient(provider, {
    ...{ dialer: new IntegrationDialer(options), clock: systemClock },
  });
}

const AWAY = "ProviderAway";

test.each<[string, Readonly<Record<string, unknown>>, string]>([
  ["another issuer", { issuer: "https://other.example" }, "issuer"],
  ["no keys", { jwks_uri: undefined }, "keys"],
  ["more than anybody reads", { filler: "x".repeat(300_000) }, "too long"],
])("metadata with %s are not taken", async (_, metadata, why) => {
  const provider = await hostile();
  provider.metadata = metadata;
  await expect(clientOf(provider).meet()).rejects.toMatchObject({
    ...{ name: AWAY, message: expect.stringContaining(why) },
  });
});

test("nobody is sent to an address that the file does not name", async () => {
  const addresses = ["https://other.example/authorize", "javascript:alert(1)", "data:text/html,x"];
  for (const address of addresses) {
    const provider = await hostile();
    provider.metadata = { authorization_endpoint: address };
    await expect(clientOf(provider).address(FLOW, "s")).rejects.toMatchObject({ name: AWAY });
  }
});

test("keys and codes are asked for nowhere but where the file says", async () => {
  const [provider, other] = [await hostile(), await hostile()];
  provider.metadata = { jwks_uri: `${other.issuer}/jwks`, token_endpoint: `${other.issuer}/token` };
  const client = clientOf(provider);
  const search = new URLSearchParams({ state: "s", code: "c", iss: provider.issuer });
  await expect(client.redeem(search, "s", FLOW)).rejects.toMatchObject({ name: AWAY });
  expect(other.shown).toBeUndefined();
  const token = await provider.idToken("n");
  await expect(client.verify(token, {})).rejects.toMatchObject({
    ...{ name: AWAY, message: expect.stringContaining("not among the configured") },
  });
});

test("a provider at an address of the plant is never reached", async () => {
  const provider = await hostile();
  const port = Number(new URL(provider.issuer).port);
  const client = clientOf(provider, { plant: () => [{ host: "127.0.0.1", port }] });
  await expect(client.meet()).rejects.toMatchObject({
    ...{ name: AWAY, message: expect.stringContaining("plant") },
  });
});
