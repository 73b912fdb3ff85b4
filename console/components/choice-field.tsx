/**
 * One of several. Few are the browser's own list, which phones show best; of many, such as the
 * endpoints of ten thousand assets, one types a part of the name.
 */
import { NativeSelect, Select } from "@mantine/core";
import type { ComponentProps, ReactNode } from "react";
import { text } from "../text.ts";
import { matchesFilter } from "./table-order.ts";

export interface Choice {
  readonly value: string;
  readonly label: string;
}

interface ChoiceFieldProps {
  readonly label: string;
  /** Shown beside it; else for screen readers alone. */
  readonly unseenLabel?: true;
  readonly choices: readonly Choice[];
  /** What stands for none. */
  readonly none: string;
  /** Empty for none. */
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error?: ReactNode;
  readonly required?: boolean;
  readonly description?: string;
}

/** More do not fit on a screen, and nobody reads through them. */
const NATIVE_MAX = 200;
/** Of those that match, as many are drawn. */
const DRAWN_MAX = 100;

export function ChoiceField(props: ChoiceFieldProps) {
  const { label, unseenLabel, choices, none, value, onChange, required = false } = props;
  const shared = {
    ...(unseenLabel ? { "aria-label": label } : { label }),
    ...{ required, error: props.error, description: props.description },
  };
  if (choices.length <= NATIVE_MAX) {
    return (
      <NativeSelect
        {...shared}
        data={[{ value: "", label: none }, ...choices]}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <Select
      {...shared}
      data={choices}
      value={value === "" ? null : value}
      onChange={(chosen) => onChange(chosen ?? "")}
      placeholder={text.table.typeToFind(choices.length)}
      nothingFoundMessage={text.table.nothingLeft}
      limit={DRAWN_MAX}
      filter={narrowed}
      searchable
      clearable={!required}
    />
  );
}

type Narrow = NonNullable<ComponentProps<typeof Select<string>>["filter"]>;

const narrowed: Narrow = ({ options, search, limit }) => {
  const found = [];
  for (const option of options) {
    if (found.length >= limit) break;
    if ("value" in option && matchesFilter(search, option.label)) found.push(option);
  }
  return found;
};
