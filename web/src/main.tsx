import { render } from 'preact';
import { App } from './app';
import '@fontsource/ibm-plex-sans/latin-400.css';
import '@fontsource/ibm-plex-sans/latin-500.css';
import '@fontsource/ibm-plex-sans/latin-600.css';
import './style/base.css';
import './style/board.css';
import './style/console.css';
import './style/hmi.css';

render(<App />, document.getElementById('app')!);
