/** What the rest of the broker hears of devices, whatever it was learned from. */
import type { ContextInput } from "../policy/access-input.ts";
import type { SignIn } from "../store/model.ts";

export interface DeviceFacts {
  /** Of the device that a sign-in is bound to, as it is now. */
  of(signIn: SignIn): ContextInput["device"];
  /**
   * In the turn in which something about these devices changed: sessions of sign-ins that are
   * bound to one are decided again. Returns an unsubscribe function.
   */
  onChanged(listener: (deviceIds: ReadonlySet<string>) => void): () => void;
}
