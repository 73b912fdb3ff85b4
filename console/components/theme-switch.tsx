import { type MantineColorScheme, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { text } from "../text.ts";

export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      fullWidth
      size="xs"
      aria-label={text.theme.label}
      value={colorScheme}
      onChange={(chosen) => setColorScheme(asScheme(chosen))}
      data={[
        { value: "auto", label: text.theme.auto },
        { value: "light", label: text.theme.light },
        { value: "dark", label: text.theme.dark },
      ]}
    />
  );
}

export function asScheme(chosen: string | null): MantineColorScheme {
  return chosen === "light" || chosen === "dark" ? chosen : "auto";
}
