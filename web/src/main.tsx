import { render } from "preact";

render(<h1>Glasshouse</h1>, document.getElementById("app")!);
