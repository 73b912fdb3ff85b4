/** Which profiles make sense where one asks for them. */
import type { RequestChoicesView } from "../../../broker/api/shapes/requests.ts";

/**
 * Profiles that could permit something at each of the endpoints, and the chosen one: what was
 * chosen before the place is still to be seen.
 */
export function profilesAt(
  choices: RequestChoicesView | undefined,
  endpoints: readonly string[],
  chosen: string,
): readonly { readonly value: string; readonly label: string }[] {
  const places = choices?.endpoints.filter(({ id }) => endpoints.includes(id)) ?? [];
  return (choices?.profiles ?? [])
    .filter(({ id }) => id === chosen || places.every(({ profiles }) => profiles.includes(id)))
    .map(({ id }) => ({ value: id, label: id }));
}
