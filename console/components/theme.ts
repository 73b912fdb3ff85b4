/**
 * Quiet greys after ISA-101, in dark and light. Colour is kept for what is abnormal: `red` needs a
 * person now, `yellow` wants attention. Everything that is as it should be is grey.
 */
import {
  type CSSVariablesResolver,
  createTheme,
  localStorageColorSchemeManager,
  type MantineColorsTuple,
} from "@mantine/core";

const slate: MantineColorsTuple = [
  "#f2f4f6",
  "#e1e5e9",
  "#c5ccd3",
  "#a7b1bb",
  "#8c98a5",
  "#74828f",
  "#566370",
  "#46515c",
  "#39424b",
  "#272e35",
];

const dark: MantineColorsTuple = [
  "#d9dcdf",
  "#b4b9be",
  "#949aa0",
  "#666c73",
  "#44494f",
  "#363b40",
  "#2a2e32",
  "#212427",
  "#1a1d20",
  "#131517",
];

/** A dialog's head is not the page's banner. */
const inDialog = {
  closeButtonProps: { "aria-label": "Close" },
  attributes: { header: { role: "presentation" } },
  styles: {
    header: { background: "var(--sp-panel)" },
    content: { background: "var(--sp-panel)" },
    title: { fontWeight: 600, fontSize: "var(--mantine-font-size-lg)" },
  },
};

export const theme = createTheme({
  primaryColor: "slate",
  primaryShade: { light: 7, dark: 6 },
  colors: { slate, dark },
  defaultRadius: 3,
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono", ui-monospace, monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  headings: { fontWeight: "600", sizes: { h1: { fontSize: "1.25rem", lineHeight: "1.35" } } },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "sm" } },
    Anchor: { defaultProps: { underline: "always", c: "inherit" } },
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Modal: { defaultProps: { ...inDialog, centered: true } },
    Drawer: { defaultProps: inDialog },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Tooltip: {
      defaultProps: { openDelay: 250, events: { hover: true, focus: true, touch: true } },
    },
  },
});

/** Our own few variables; pages use these names, not raw colours. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f4f5f6",
    "--mantine-color-text": "#1f2429",
    "--mantine-color-dimmed": "#5a636c",
    "--mantine-color-placeholder": "#67707a",
    "--mantine-color-error": "#b3261e",
    "--sp-panel": "#ffffff",
    "--sp-sunken": "#e9ebed",
    "--sp-line": "#d3d7db",
    "--sp-line-strong": "#868e96",
    "--sp-hover": "#edeff1",
    "--sp-alarm": "#b3261e",
    "--sp-alarm-fill": "#fbe9e7",
    "--sp-attention": "#7a5200",
    "--sp-attention-fill": "#fdf3d8",
    "--sp-focus": "#1f2429",
  },
  dark: {
    "--mantine-color-body": "#1a1d20",
    "--mantine-color-text": "#d9dcdf",
    "--mantine-color-dimmed": "#9aa1a8",
    "--mantine-color-placeholder": "#8b9299",
    "--mantine-color-error": "#ff8a80",
    "--sp-panel": "#212427",
    "--sp-sunken": "#141618",
    "--sp-line": "#363b40",
    "--sp-line-strong": "#7b838b",
    "--sp-hover": "#2a2e32",
    "--sp-alarm": "#ff8a80",
    "--sp-alarm-fill": "#42201e",
    "--sp-attention": "#f0c052",
    "--sp-attention-fill": "#3a2f14",
    "--sp-focus": "#d9dcdf",
  },
});

/** Remembers the person's choice in this browser; `auto` follows the system. */
export const colorScheme = localStorageColorSchemeManager({ key: "sallyport.colour-scheme" });
