// In this order: later files may rely on earlier ones. A screen that is loaded on demand imports
// its own file, which then comes last, so its rules for small windows stand in that file too.
import "./tokens.css";
import "./base.css";
import "./shell.css";
import "./buttons.css";
import "./fields.css";
import "./status.css";
import "./tables.css";
import "./notices.css";
import "./pickers.css";
import "./dialog.css";
import "./settings.css";
import "./first-run.css";
import "./small-windows.css";
import "./motion.css";
