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
  const spoken = [...new Set(places.map(({ protocol }) => protocol))];
  return (choices?.profiles ?? [])
    .filter(
      ({ id, protocols }) => id === chosen || spoken.every((each) => protocols.includes(each)),
    )
    .map(({ id }) => ({ value: id, label: id }));
}
