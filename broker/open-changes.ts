/** Opens the history of the plant, and where policies and the plant are changed from the console. */
import { basename } from "node:path";
import { PlantConfirmation } from "./access/plant-confirmation.ts";
import { PlantEdits } from "./access/plant-edits.ts";
import { PolicyProposals } from "./access/policies/policy-proposals.ts";
import type { Core, Ground, OpenPlant } from "./open-parts.ts";
import { PlantHistory, plantHistoryOf } from "./plant/plant-history.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import { ReadingQueue } from "./plant/reading-queue.ts";

/** Keeps every plant that comes into force from here on; the one in force now is kept when it resolves. */
export async function openPlantHistory(
  { config, clock, opened, noticed, log, bell }: Ground,
  source: PlantSource,
): Promise<PlantHistory> {
  const history = PlantHistory.open(plantHistoryOf(config.dataFolder), clock);
  const keep = () =>
    history
      .add(source.currentText(), source.current().digest)
      .then(() => bell.ring("plant"))
      .catch((error: unknown) => {
        log.error({ error }, "a version of the plant was not kept");
        const text = "The plant in force could not be kept in its history: look at the disk";
        noticed.note({ kind: "plant:unkept", priority: "alarm", text });
      });
  const forget = () =>
    forgetOverdue(history, source).catch((error: unknown) => {
      // It is announced for longer than it waits, and forgotten with the next one.
      log.error({ error }, "a change of the plant that was announced was not forgotten");
    });
  await keep();
  await forgetOverdue(history, source);
  opened.push(source.onChanged(() => void keep()));
  // What waits goes in the turn in which it comes into force: looked at behind that turn.
  opened.push(source.onHeld(() => queueMicrotask(() => void forget())));
  return history;
}

/** A change that was announced and is neither in force nor waiting will not come any more. */
async function forgetOverdue(history: PlantHistory, source: PlantSource): Promise<void> {
  const digest = history.announced()?.digest;
  const alive = [source.current().digest, source.held()?.plant.digest];
  if (digest !== undefined && !alive.includes(digest)) await history.forget(digest);
}

/** What is changed in the console: by a signature, and where the site wants it by two. */
export function openChanges(
  { config, store, clock }: Ground,
  { decisions, policies, plant: source, identity }: Core,
  { file: path, history }: Pick<OpenPlant, "file" | "history">,
) {
  const { signedActions } = identity;
  const reading = new ReadingQueue(clock, basename(path));
  const plantParts = { store, source, history, signedActions, decisions };
  const edits = new PlantEdits({ ...plantParts, clock, reading });
  return {
    proposals: new PolicyProposals({
      ...{ store, clock, policies, decisions, signedActions },
      needed: config.policySecondAdministrator,
    }),
    plantConfirmation: new PlantConfirmation({
      ...plantParts,
      needed: config.plantSecondAdministrator,
    }),
    plantFile: { edits, source, history, path },
  };
}
