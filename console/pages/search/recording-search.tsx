/** Search on the page of recordings: its box and fields, and what was found. */
import { Button, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { RecordingView } from "../../../broker/api/shapes/sessions.ts";
import { type ParsedQuery, parseQuery } from "../../../protocols/search/parse-query.ts";
import { plantQuery } from "../../components/queries.ts";
import { searchText as words } from "../../text/search.ts";
import { knownValues, unitsOf } from "./known-values.ts";
import { viewersTimes } from "./query-address.ts";
import { SearchBox } from "./search-box.tsx";
import { SearchFields } from "./search-fields.tsx";
import { SearchResults } from "./search-results.tsx";
import "./search.css";

interface RecordingSearchProps {
  /** The search that the address holds; empty without one. */
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly recordings: readonly RecordingView[];
}

export function RecordingSearch({ query, onQuery, recordings }: RecordingSearchProps) {
  const plant = useQuery(plantQuery).data;
  const [written, write] = useState(query);
  const [shownFor, setShownFor] = useState(query);
  // By a link, or back in the history.
  if (shownFor !== query) {
    setShownFor(query);
    write(query);
  }
  const [withFields, showFields] = useState(false);
  const known = useMemo(() => knownValues(recordings, plant), [recordings, plant]);
  const unitOf = useMemo(() => unitsOf(plant), [plant]);
  const asked = useMemo(() => read(query), [query]);
  const isFaulty = asked.kind === "fault" && written === query;
  const submit = (next: string) => {
    write(next);
    onQuery(next.trim());
  };
  return (
    <search className="sp-search">
      <Group gap="xs" align="flex-start" wrap="nowrap">
        <SearchBox
          value={written}
          onChange={write}
          onSubmit={submit}
          fault={isFaulty ? asked.fault : undefined}
          known={known}
        />
        <Button onClick={() => submit(written)}>{words.submit}</Button>
        <Button
          variant="default"
          aria-expanded={withFields}
          onClick={() => showFields(!withFields)}
        >
          {withFields ? words.hideFields : words.showFields}
        </Button>
      </Group>
      {withFields && (
        <SearchFields
          query={written}
          onChange={write}
          onSubmit={() => submit(written)}
          known={known}
        />
      )}
      {query !== "" && (
        <Button variant="subtle" size="compact-sm" mt="xs" onClick={() => submit("")}>
          {words.clear}
        </Button>
      )}
      {asked.kind === "terms" && query !== "" && (
        <SearchResults terms={asked.terms} unitOf={unitOf} />
      )}
    </search>
  );
}

/** Once for each search asked: `last:8h` ends where it was asked. */
function read(query: string): ParsedQuery {
  return parseQuery(query, viewersTimes(Date.now()));
}
