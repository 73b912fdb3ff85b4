/** The frame of the two pages for people who are not signed in. */
import { Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { BrandMark } from "../../components/brand-mark.tsx";
import { ThemeSwitch } from "../../components/theme-switch.tsx";
import { text } from "../../text.ts";
import "./door.css";

interface DoorProps {
  readonly title: string;
  readonly children: ReactNode;
}

export function Door({ title, children }: DoorProps) {
  useEffect(() => {
    document.title = `${title} · ${text.product}`;
  }, [title]);
  return (
    <div className="sp-door">
      <main className="sp-door-panel sp-panel">
        <div className="sp-door-brand">
          <BrandMark size={36} />
          <div>
            <strong>{text.product}</strong>
            <span>{text.promise}</span>
          </div>
        </div>
        <Title order={1} mb="sm">
          {title}
        </Title>
        {children}
      </main>
      <footer className="sp-door-foot">
        <ThemeSwitch />
      </footer>
    </div>
  );
}
