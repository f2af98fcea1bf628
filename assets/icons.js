// The few icons the pages use, drawn where a page says <i data-icon="name">.
import atm from "@tabler/icons/outline/building-bank.svg";
import pos from "@tabler/icons/outline/credit-card-pay.svg";
import internet from "@tabler/icons/outline/world.svg";
import mobile from "@tabler/icons/outline/device-mobile.svg";
import telephone from "@tabler/icons/outline/phone.svg";
import call_centre from "@tabler/icons/outline/headset.svg";
import branch from "@tabler/icons/outline/building-store.svg";
import mail from "@tabler/icons/outline/mail.svg";
import corporate_file from "@tabler/icons/outline/file-invoice.svg";
import back_office from "@tabler/icons/outline/settings-automation.svg";
import search from "@tabler/icons/outline/search.svg";
import moon from "@tabler/icons/outline/moon.svg";
import sun from "@tabler/icons/outline/sun.svg";
import home from "@tabler/icons/outline/home.svg";
import users from "@tabler/icons/outline/users.svg";
import flask from "@tabler/icons/outline/flask.svg";
import logout from "@tabler/icons/outline/logout.svg";
import wallet from "@tabler/icons/outline/wallet.svg";
import card from "@tabler/icons/outline/credit-card.svg";
import loan from "@tabler/icons/outline/home-dollar.svg";
import email from "@tabler/icons/outline/at.svg";
import address from "@tabler/icons/outline/map-pin.svg";
import people from "@tabler/icons/outline/friends.svg";
import caseIcon from "@tabler/icons/outline/message-exclamation.svg";
import id from "@tabler/icons/outline/id.svg";
import chevron from "@tabler/icons/outline/chevron-down.svg";
import language from "@tabler/icons/outline/language.svg";
import exchange from "@tabler/icons/outline/route.svg";
import records from "@tabler/icons/outline/id-badge-2.svg";
import live from "@tabler/icons/outline/broadcast.svg";

const icons = {
  atm, pos, internet, mobile, telephone, call_centre, branch, mail, corporate_file, back_office, search, moon, sun, home,
  users, flask, logout, wallet, card, loan, email, address, people, case: caseIcon, id, chevron, language, live, exchange, records,
  phone: telephone,
};

export function drawIcons(root = document) {
  for (const place of root.querySelectorAll("i[data-icon]:empty")) {
    place.innerHTML = icons[place.dataset.icon] ?? "";
    place.setAttribute("aria-hidden", "true");
  }
}
