/** Keys that cannot be typed here, of those that the profile lets be pressed. */
import { Button, Menu } from "@mantine/core";
import { IconKeyboard } from "@tabler/icons-react";
import { keysymsOf } from "../../../protocols/rfb/keys.ts";
import { FUNCTION_KEYS } from "../../../protocols/rfb/menu-keys.ts";
import { panelText as words } from "../../text/panel.ts";

interface KeyMenuProps {
  /** Names of chords. */
  readonly keys: readonly string[];
  readonly disabled: boolean;
  /** Keysyms of X11, in the order in which they are pressed. */
  readonly onPress: (keysyms: readonly number[]) => void;
}

export function KeyMenu({ keys, disabled, onPress }: KeyMenuProps) {
  const functions = keys.filter((name) => FUNCTION_KEYS.includes(name));
  const others = keys.filter((name) => !FUNCTION_KEYS.includes(name));
  const item = (name: string) => (
    <Menu.Item key={name} onClick={() => onPress(keysymsOf(name) ?? [])}>
      {name}
    </Menu.Item>
  );
  return (
    <Menu position="bottom-end" returnFocus={false}>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconKeyboard size={14} aria-hidden />}
          title={words.keysHelp}
          disabled={disabled}
        >
          {words.keys}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {others.map(item)}
        {others.length > 0 && functions.length > 0 && <Menu.Divider />}
        {functions.length > 0 && <Menu.Label>{words.functionKeys}</Menu.Label>}
        <div className="vnc-function-keys">{functions.map(item)}</div>
      </Menu.Dropdown>
    </Menu>
  );
}
