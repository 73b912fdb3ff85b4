/** Which entries: kept in the address, so that a link shows the same. */
import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { LogChoicesView } from "../../../broker/api/shapes/log.ts";
import { ChoiceField } from "../../components/choice-field.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { useSite } from "../../components/site.ts";
import { type LogFilter, logChoicesQuery } from "../../components/site-log.ts";
import { compareWords } from "../../components/table-order.ts";
import { auditText } from "../../text/audit.ts";

const words = auditText.filter;

/** As they stand in the address and, but for the times, in the question to the broker. */
export const FILTERS = [
  ...["text", "what", "person", "asset", "site", "session", "from", "until", "routine"],
] as const;

interface EntryFiltersProps {
  readonly filter: LogFilter;
  readonly onChange: (filter: LogFilter) => void;
}

export function EntryFilters({ filter, onChange }: EntryFiltersProps) {
  const { data } = useQuery(logChoicesQuery);
  const { sites } = useSite();
  const set = (name: string) => (value: string) => onChange({ ...filter, [name]: value });
  const picked = (name: string) => ({
    value: filter[name] ?? "",
    onChange: (event: { currentTarget: { value: string } }) => set(name)(event.currentTarget.value),
  });
  return (
    <div className="sp-toolbar au-filters">
      <FilterField value={filter.text ?? ""} onChange={set("text")} label={words.text} />
      <NativeSelect aria-label={words.kind} {...picked("what")} data={kindsOf(data, filter.what)} />
      <ChoiceField
        {...{ label: words.person, unseenLabel: true, none: words.anyone }}
        choices={namesOf(data?.people, filter.person)}
        value={filter.person ?? ""}
        onChange={set("person")}
      />
      <ChoiceField
        {...{ label: words.asset, unseenLabel: true, none: words.anyAsset }}
        choices={namesOf(data?.assets, filter.asset)}
        value={filter.asset ?? ""}
        onChange={set("asset")}
      />
      {sites.length > 0 && (
        <ChoiceField
          {...{ label: words.site, unseenLabel: true, none: words.anySite }}
          choices={namesOf(sites, filter.site)}
          value={filter.site ?? ""}
          onChange={set("site")}
        />
      )}
      {(["from", "until"] as const).map((name) => (
        <TextInput
          key={name}
          className="au-moment"
          type="datetime-local"
          aria-label={words[name]}
          leftSection={words[name]}
          leftSectionWidth={44}
          {...picked(name)}
        />
      ))}
      <TextInput
        className="au-session"
        aria-label={words.session}
        placeholder={words.session}
        {...picked("session")}
      />
      <Checkbox
        label={words.routine}
        checked={filter.routine === "1"}
        onChange={(event) => set("routine")(event.currentTarget.checked ? "1" : "")}
      />
      {Object.values(filter).some((value) => value !== "") && (
        <Button variant="subtle" size="compact-sm" onClick={() => onChange({})}>
          {words.clear}
        </Button>
      )}
    </div>
  );
}

/** The filter as the broker is asked. */
export function asked({ from, until, ...rest }: LogFilter): LogFilter {
  return { ...rest, fromMs: millis(from), untilMs: millis(until) };
}

function millis(local: string | undefined): string {
  const atMs = local ? new Date(local).getTime() : Number.NaN;
  return Number.isNaN(atMs) ? "" : String(atMs);
}

function kindsOf(choices: LogChoicesView | undefined, chosen: string | undefined) {
  const kinds = choices?.kinds.map(({ name }) => name).sort() ?? [];
  const areas = [...new Set(kinds.map((name) => name.split(/[.:]/)[0] ?? name))];
  const known = new Set([...kinds, ...areas]);
  const own = chosen && !known.has(chosen) ? [chosen] : [];
  return [
    { value: "", label: words.anyKind },
    { group: words.areas, items: [...areas, ...own].map((value) => ({ value, label: value })) },
    {
      group: words.kinds,
      items: kinds
        .filter((name) => !areas.includes(name))
        .map((value) => ({ value, label: value })),
    },
  ];
}

function namesOf(
  named: readonly { readonly id: string; readonly name: string }[] | undefined,
  chosen: string | undefined,
) {
  const choices = (named ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const own = chosen && !choices.some(({ value }) => value === chosen);
  return [
    ...(own ? [{ value: chosen, label: chosen }] : []),
    ...choices.sort((a, b) => compareWords(a.label, b.label)),
  ];
}
