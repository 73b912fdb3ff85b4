/** Starts the console in the browser. */
import "./components/nonce.ts";
import "@fontsource-variable/inter/wght.css";
import "@fontsource/jetbrains-mono/latin-400.css";
import "./mantine-styles.ts";
import "./console.css";
import "./motion.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { onDeviceNeeded } from "./components/http.ts";
import { speakKnownLanguage } from "./components/known-language.ts";
import { styleNonce } from "./components/nonce.ts";
import { queryClient } from "./components/queries.ts";
import { stepUp } from "./components/step-up.ts";
import { colorScheme, cssVariables, theme } from "./components/theme.ts";
import { router } from "./routes.tsx";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element for the console");

onDeviceNeeded(stepUp);
// Before any page is loaded: what they are made of asks for it at once.
speakKnownLanguage(navigator);

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colorScheme}
      defaultColorScheme="auto"
      getStyleNonce={() => styleNonce}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
