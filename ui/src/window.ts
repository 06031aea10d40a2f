import { mount } from "svelte";
import App from "./App.svelte";
import "./styles";

/** Shows the app in the page. */
export function openWindow(): void {
  const target = document.getElementById("app");
  if (target) mount(App, { target });
}
