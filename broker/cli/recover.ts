/**
 * `sallyport recover`: helps a lone administrator who lost every passkey. It needs this machine
 * and a stopped broker, is written to the site's events as an alarm, and makes one link.
 */
import { userInfo } from "node:os";
import type { Config } from "../config.ts";
import { type EnrolmentLink, IdentityRefused } from "../identity/identity.ts";
import { openIdentity } from "../identity/open-identity.ts";
import { openSiteStore } from "../site-store.ts";
import { prepareDataFolder } from "../store/data-folder.ts";

/** Cannot be done, with what to do instead. */
export class RecoverRefused extends Error {
  override readonly name = "RecoverRefused";
}

/** @param email of the person; may be left out where there is only one administrator */
export async function recover(config: Config, email?: string): Promise<EnrolmentLink> {
  prepareDataFolder(config.dataFolder);
  const store = await openSiteStore(config);
  try {
    const identity = await openIdentity({
      store,
      config: { rpId: config.rpId, rpName: "Sallyport", origins: config.origins },
    });
    try {
      const people = await identity.people.list();
      const administrators = people.filter(
        ({ roles, state }) => roles.includes("administrator") && state === "active",
      );
      const chosen = email ?? onlyOne(administrators.map((person) => person.email));
      return await identity.recoveries.onHost(chosen, `${userInfo().username} on this machine`);
    } finally {
      await identity.close();
    }
  } catch (error) {
    if (error instanceof IdentityRefused) throw new RecoverRefused(error.message);
    throw error;
  } finally {
    await store.close();
  }
}

function onlyOne(emails: readonly string[]): string {
  const [email, ...others] = emails;
  if (email === undefined) {
    throw new RecoverRefused(
      "nobody has enrolled as administrator yet: start the broker, it prints a link",
    );
  }
  if (others.length === 0) return email;
  throw new RecoverRefused(
    "there are several administrators: two of them can recover a person in the console. " +
      `If they cannot, name one: ${emails.join(", ")}`,
  );
}
