/** The text filter of a list; `/` jumps into it from anywhere on the page (see shortcuts.ts). */
import { CloseButton, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { text } from "../text.ts";

interface FilterFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** "Filter recordings" */
  readonly label: string;
}

export function FilterField({ value, onChange, label }: FilterFieldProps) {
  return (
    <TextInput
      className="sp-filter"
      size="sm"
      aria-label={label}
      placeholder={label}
      data-page-filter
      leftSection={<IconSearch size={15} aria-hidden />}
      rightSection={
        value !== "" && (
          <CloseButton size="sm" aria-label={text.table.clearFilter} onClick={() => onChange("")} />
        )
      }
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") onChange("");
      }}
    />
  );
}
