import { SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { text } from "../text.ts";

export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      fullWidth
      size="xs"
      aria-label={text.theme.label}
      value={colorScheme}
      onChange={(chosen) => {
        if (chosen === "light" || chosen === "dark" || chosen === "auto") setColorScheme(chosen);
      }}
      data={[
        { value: "auto", label: text.theme.auto },
        { value: "light", label: text.theme.light },
        { value: "dark", label: text.theme.dark },
      ]}
    />
  );
}
