/** Acts that need a passkey assertion of the last minutes: asked for in place, then the act goes on. */
import { api } from "./api.ts";
import { reconnectLive } from "./live.ts";
import { confirmByPasskey } from "./passkey.ts";
import { isProblem } from "./problem.ts";
import { meQuery, queryClient } from "./queries.ts";

/**
 * Does `act`; when the broker answers `step-up-required`, asks for the passkey and does it again.
 * @throws whatever `act` throws, or `passkey-not-confirmed` when the person did not confirm
 */
export async function withFreshAssertion<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (thrown) {
    if (!isProblem(thrown, "step-up-required")) throw thrown;
  }
  await stepUp();
  return act();
}

/** Asks for the passkey now. @throws `passkey-not-confirmed` when the person did not confirm */
export async function stepUp(): Promise<void> {
  const { options } = await api.stepUpOptions();
  const response = await confirmByPasskey(options);
  const before = queryClient.getQueryData(meQuery.queryKey)?.deviceId;
  const me = await api.stepUp(response, options.challenge);
  queryClient.setQueryData(meQuery.queryKey, me);
  // The socket showed another key, or none: it shows the one that counts now.
  if (before !== me.deviceId) reconnectLive();
}
