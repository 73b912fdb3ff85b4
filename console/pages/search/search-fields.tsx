/** The search as plain fields, for whoever does not want to write its language. */
import { NativeSelect, TextInput } from "@mantine/core";
import { useId } from "react";
import { isWordField, WORDS } from "../../../protocols/search/terms.ts";
import { parseMoment } from "../../../protocols/search/values.ts";
import { toLocalInput } from "../../components/time-words.ts";
import { searchText as words } from "../../text/search.ts";
import type { KnownValues } from "./completion.ts";
import { viewersTimes } from "./query-address.ts";
import { fieldValue, withField } from "./query-fields.ts";

type FieldName = keyof typeof words.form;

/** Of which a comma means the next alternative. */
const LISTS: readonly FieldName[] = [
  "value",
  "register",
  "tag",
  "asset",
  "zone",
  "grant",
  "ticket",
];
const ORDER = Object.keys(words.form) as FieldName[];

interface SearchFieldsProps {
  readonly query: string;
  readonly onChange: (query: string) => void;
  readonly onSubmit: () => void;
  readonly known: KnownValues;
}

export function SearchFields({ query, onChange, onSubmit, known }: SearchFieldsProps) {
  return (
    <form
      className="sp-search-fields"
      aria-label={words.fieldsTitle}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {ORDER.map((name) => (
        <OneField key={name} {...{ name, query, onChange, known }} />
      ))}
      <button type="submit" className="sp-unseen" tabIndex={-1}>
        {words.submit}
      </button>
    </form>
  );
}

type OneFieldProps = Omit<SearchFieldsProps, "onSubmit"> & { readonly name: FieldName };

function OneField({ name, query, onChange, known }: OneFieldProps) {
  const list = useId();
  const value = fieldValue(query, name);
  const isText = !LISTS.includes(name);
  const set = (next: string) => onChange(withField(query, name, next, isText));
  const label = words.form[name];
  if (name === "after" || name === "before") {
    const atMs = parseMoment(value, viewersTimes(0));
    const shown = atMs === undefined ? "" : toLocalInput(atMs);
    return (
      <TextInput
        type="datetime-local"
        size="xs"
        label={label}
        value={shown}
        onChange={(event) => set(event.currentTarget.value)}
      />
    );
  }
  if (isWordField(name)) {
    const choices = WORDS[name].map((word) => ({ value: word, label: word }));
    return (
      <NativeSelect
        size="xs"
        label={label}
        data={[{ value: "", label: words.anything }, ...choices]}
        value={value}
        onChange={(event) => set(event.currentTarget.value)}
      />
    );
  }
  const choices = known(name);
  return (
    <>
      <TextInput
        size="xs"
        label={label}
        list={choices.length > 0 ? list : undefined}
        placeholder={words.fields[name]}
        value={value}
        onChange={(event) => set(event.currentTarget.value)}
      />
      {choices.length > 0 && (
        <datalist id={list}>
          {choices.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
    </>
  );
}
