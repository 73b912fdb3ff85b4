/** Where something can be asked for, as a list to choose from. Pure. */
import type { RequestChoicesView } from "../../../broker/api/shapes/requests.ts";
import type { Choice } from "../../components/choice-field.tsx";

export function endpointChoices(data: RequestChoicesView | undefined): readonly Choice[] {
  const endpoints = data?.endpoints ?? [];
  return endpoints.map(({ id, assetName }) => ({ value: id, label: `${assetName} · ${id}` }));
}
